// Preset: how the series of one kind of exporter become requests, errors and latencies of a
// revision. A value of constants and functions; adding one is a row in candidates(). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/object.h"
#include "base/result.h"
#include "core/extensions.h"

namespace kaizen::ext::prometheus {

enum class Outcome : uint8_t { kSuccess, kError, kUnknown };

struct Preset {
  std::string_view name;
  std::string_view side;     // "Server" | "Router" (MP-18)
  std::string_view total;    // metric names, for messages
  std::string_view latency;  // without _bucket
  double units_per_second;   // of `le`: 1 for seconds (MP-16)
  std::string_view advice;   // what to do when the exporter shows nothing of ours

  // Cumulative shapes over both arms of the question, so that both come from one evaluation
  // (MP-11). Total keeps the labels that tell an error.
  std::string (*total_query)(const core::Question&);
  std::string (*bucket_query)(const core::Question&);

  // Has a series while the exporter is scraped at all (MP-19).
  std::string (*scraped_query)(const core::Question&);

  bool (*belongs_to)(const core::Question&, const core::Arm&, const api::StringMap& labels);
  Outcome (*outcome)(const api::StringMap& labels);

  // What counts up and starts anew together.
  std::string (*process)(const core::Question&, const api::StringMap& labels);
};

inline constexpr std::string_view kServer = "Server";
inline constexpr std::string_view kRouter = "Router";

// The presets to try, in the order of MP-17; just the frozen one when there is one. Error
// (kTerminal): a frozen name that is not known, or a side that no preset of the router has.
base::Result<std::vector<const Preset*>> candidates(const core::Question& question);

// "" when absent.
std::string_view label(const api::StringMap& labels, std::string_view name);

// The arms that are asked: stable, canary, or both.
std::vector<const core::Arm*> asked_arms(const core::Question& question);

}  // namespace kaizen::ext::prometheus

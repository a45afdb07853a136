#include "metrics.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include <fmt/format.h>

namespace kaizen::e2e {

void Metrics::record(int status, double seconds) {
  size_t bucket = 0;
  while (bucket < kBuckets.size() && seconds > kBuckets[bucket]) ++bucket;
  const std::scoped_lock lock(mutex_);
  ++requests_[status];
  ++buckets_[bucket];
  sum_ += seconds;
}

std::string Metrics::exposition() const {
  const std::scoped_lock lock(mutex_);
  std::string text =
      "# HELP http_requests_total Prediction requests by status code.\n"
      "# TYPE http_requests_total counter\n";
  for (const auto& [status, count] : requests_) {
    text += fmt::format("http_requests_total{{code=\"{}\"}} {}\n", status, count);
  }
  text +=
      "# HELP http_request_duration_seconds Time from request to answer.\n"
      "# TYPE http_request_duration_seconds histogram\n";
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets.size(); ++i) {
    seen += buckets_[i];
    text +=
        fmt::format("http_request_duration_seconds_bucket{{le=\"{}\"}} {}\n", kBuckets[i], seen);
  }
  seen += buckets_.back();
  text += fmt::format("http_request_duration_seconds_bucket{{le=\"+Inf\"}} {}\n", seen);
  text += fmt::format("http_request_duration_seconds_sum {}\n", sum_);
  text += fmt::format("http_request_duration_seconds_count {}\n", seen);
  return text;
}

}  // namespace kaizen::e2e

// Metrics: requests by status code and their latency, in the names of the preset `http`. Any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace kaizen::e2e {

// Seconds; the last bucket is +Inf.
inline constexpr std::array<double, 10> kBuckets = {0.005, 0.01, 0.025, 0.05, 0.1,
                                                    0.25,  0.5,  1,     2.5,  5};

class Metrics {
 public:
  void record(int status, double seconds);
  std::string exposition() const;

 private:
  mutable std::mutex mutex_;
  std::map<int, uint64_t> requests_;
  std::array<uint64_t, kBuckets.size() + 1> buckets_{};  // not cumulative
  double sum_ = 0;
};

}  // namespace kaizen::e2e

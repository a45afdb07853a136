// The largest parts that statuses share, for tests of their size (RT-60, DR-10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/object.h"
#include "api/training_pipeline.h"
#include "base/time.h"
#include "base/uid.h"

namespace kaizen::api {

inline constexpr base::Uid kUid = {{0x0b, 0x5c, 0x7f, 0x0e, 0x2f, 0x60, 0x4f, 0x0e, 0x9a, 0x53,
                                    0x3d, 0x1d, 0x8f, 0x1f, 0x0a, 0x11}};
inline constexpr base::Time kLongestTime = base::Time::from_unix_us(1784000460'123456);
inline constexpr base::Time kWholeSecond = base::Time::from_unix_s(1784000460);
inline constexpr int64_t kLargestCount = 9'007'199'254'740'991;  // 2^53 - 1
inline constexpr Decimal kLongestDecimal{-0.00012345678901234568};

inline std::string digest() {
  return "sha256:" + std::string(64, 'd');
}

// Of that length, another one for each number.
inline std::string longest_name(size_t number, size_t length) {
  std::string name = std::to_string(number);
  name.resize(length, 'n');
  return name;
}

inline ModelRecord longest_model() {
  return {.uri = std::string(training_limits::kUri, 'u'),
          .digest = digest(),
          .version = std::string(training_limits::kVersion, 'v'),
          .size_bytes = kLargestCount,
          .revision = "4be2a9905d",
          .training_run = std::string(33, 'r'),
          .promoted_at = kLongestTime};
}

inline LastRequest longest_request(size_t by, size_t message) {
  return {.id = std::string(64, 'i'),
          .verb = "acknowledge",
          .by = std::string(by, 'b'),
          .outcome = "Accepted",
          .message = std::string(message, 'm'),
          .time = kLongestTime};
}

inline Condition longest_condition(size_t message) {
  return {.type = "ReferenceAvailable",
          .status = "Unknown",
          .reason = "ProgressDeadlineExceeded",
          .message = std::string(message, 'm'),
          .observed_generation = 1'000'000,
          .last_transition_time = kWholeSecond};
}

}  // namespace kaizen::api

// Retry: when the transport sends a request again by itself, and after how long (RT-12, RT-13,
// RT-18). One value per call, owned by the calling thread; pure arithmetic over what came back.
#pragma once

#include <cstdint>
#include <optional>

#include "base/duration.h"
#include "base/http.h"

namespace kaizen::net {

inline constexpr int64_t kMaxRetryAfter = 10;  // as client-go's maxRetries

class Retry {
 public:
  // An answer arrived. 429 and 5xx with Retry-After: that wait, at most kMaxRetryAfter times. 429
  // without: the backoff. Everything else is the caller's: nullopt. `unit` in [0, 1) is the jitter.
  std::optional<base::Duration> after_answer(const base::HttpResponse& answer, double unit);

  // The request never left: refused, or reset before its first byte.
  base::Duration after_nothing_sent(double unit);

  // 401, once: true when the request is to be sent again with a token read anew.
  bool after_unauthorized();

 private:
  base::Duration back_off(double unit);

  int64_t server_waits_ = 0;
  int64_t failures_ = 0;
  bool was_unauthorized_ = false;
};

}  // namespace kaizen::net

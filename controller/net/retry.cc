#include <chrono>
#include <optional>

#include "base/backoff.h"
#include "base/duration.h"
#include "base/http.h"
#include "net/retry_internal.h"

namespace kaizen::net {
namespace {

constexpr base::BackoffPolicy kBackoff{.first = std::chrono::milliseconds(800),
                                       .cap = std::chrono::seconds(30)};  // RT-13

}  // namespace

std::optional<base::Duration> Retry::after_answer(const base::HttpResponse& answer, double unit) {
  if (answer.status != 429 && answer.status < 500) return std::nullopt;
  if (const std::optional<base::Duration> wait = base::retry_after(answer.headers)) {
    if (server_waits_ == kMaxRetryAfter) return std::nullopt;
    ++server_waits_;
    return wait;
  }
  if (answer.status != 429) return std::nullopt;
  return back_off(unit);
}

base::Duration Retry::after_nothing_sent(double unit) {
  return back_off(unit);
}

bool Retry::after_unauthorized() {
  if (was_unauthorized_) return false;
  was_unauthorized_ = true;
  return true;
}

base::Duration Retry::back_off(double unit) {
  return base::full_jitter(base::backoff(kBackoff, failures_++), unit);
}

}  // namespace kaizen::net

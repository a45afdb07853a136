#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/duration.h"
#include "base/time.h"
#include "net/limiter_internal.h"

namespace kaizen::net {
namespace {

constexpr double kMicros = 1e6;

}  // namespace

Limiter::Limiter(double per_second, double burst)
    : per_second_(per_second), burst_(std::max(1.0, burst)), tokens_(burst_) {}

std::optional<base::Duration> Limiter::take(base::MonoTime now, base::Duration patience) {
  if (per_second_ <= 0) return base::Duration{};
  if (updated_ && now > *updated_) {
    const auto elapsed = static_cast<double>((now - *updated_).count());
    tokens_ = std::min(burst_, tokens_ + elapsed * per_second_ / kMicros);
  }
  if (!updated_ || now > *updated_) updated_ = now;
  const double missing = std::max(0.0, 1.0 - tokens_);
  const base::Duration wait(static_cast<int64_t>(missing / per_second_ * kMicros));
  if (wait > patience) return std::nullopt;
  tokens_ -= 1.0;
  return wait;
}

}  // namespace kaizen::net

#include "kube/watch.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/backoff.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "kube/list.h"
#include "kube/object.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/watch_frame.h"
#include "kube/watch_internal.h"

namespace kaizen::kube {
namespace {

using base::Duration;
using base::MonoTime;

constexpr base::BackoffPolicy kBackoff = {.first = std::chrono::milliseconds(800),
                                          .cap = std::chrono::seconds(30)};  // RT-30
constexpr Duration kProbe = std::chrono::seconds(60);                        // RT-36
constexpr double kProbeJitter = 0.1;                                         // RT-36
constexpr Duration kDoubt = std::chrono::minutes(1);

}  // namespace

WatchMachine::WatchMachine(Kind kind, Scope scope, base::Rng rng)
    : impl_(std::make_unique<Impl>(kind, std::move(scope), rng)) {}

WatchMachine::~WatchMachine() = default;

WatchOutput WatchMachine::step(WatchInput::Any input, base::MonoTime now) {
  WatchOutput out;
  std::visit([&](auto& one) { impl_->on(std::move(one), now, &out); }, input);
  if (impl_->phase == Impl::Phase::kWaiting) out.wake_at = impl_->wake_at;
  out.problem = impl_->problem;
  return out;
}

WatchState WatchMachine::state() const {
  return impl_->state;
}

void WatchMachine::Impl::on(const WatchInput::Start&, MonoTime now, WatchOutput* out) {
  KAIZEN_CHECK(phase == Phase::kNew, "a watch is started once");
  begin_sync("", now, out);
}

void WatchMachine::Impl::on(WatchInput::Answer input, MonoTime now, WatchOutput* out) {
  KAIZEN_CHECK(phase == Phase::kListing, "an Answer that nothing asked for");
  base::Result<base::HttpResponse> answer =
      judge(call_info(Verb::kList), std::move(input.response));
  if (!answer.ok()) {
    list_failed(answer.error(), now, out);
    return;
  }
  base::Result<ListPage> page = decode_list(kind, std::move(answer.value().body));
  if (!page.ok()) {
    list_failed(page.error(), now, out);
    return;
  }
  take_page(std::move(page).value(), now, out);
}

void WatchMachine::Impl::on(const WatchInput::Opened&, MonoTime now, WatchOutput*) {
  if (phase != Phase::kInitial && phase != Phase::kWatching) return;
  opened_at = now;
  bookmark_at = now;
  if (phase != Phase::kWatching) return;
  denied_since.reset();
  problem.clear();
}

void WatchMachine::Impl::on(const WatchInput::Bytes& input, MonoTime now, WatchOutput* out) {
  if (phase == Phase::kStopping) return;
  frames.feed(input.bytes);
  while (phase == Phase::kInitial || phase == Phase::kWatching) {
    std::optional<WatchFrame> frame = frames.next();
    if (!frame) return;
    if (phase == Phase::kInitial) {
      take_initial(std::move(*frame), now, out);
      first_frame = false;
    } else {
      take_event(std::move(*frame), now, out);
    }
  }
}

void WatchMachine::Impl::on(const WatchInput::Ended& input, MonoTime now, WatchOutput* out) {
  close_stream(now);
  if (phase == Phase::kStopping) {
    phase = Phase::kWaiting;
    proceed(std::move(next), wait, now, out);
  } else if (phase == Phase::kInitial) {
    initial_over(input.end, now, out);
  } else {
    KAIZEN_CHECK(phase == Phase::kWatching, "an Ended without a stream");
    watch_over(input.end, now, out);
  }
}

void WatchMachine::Impl::on(const WatchInput::Tick&, MonoTime now, WatchOutput* out) {
  if (phase != Phase::kWaiting || now < wake_at) return;
  const Next step = next;
  go(step, now, out);
}

void WatchMachine::Impl::on(const WatchInput::Reconsider&, MonoTime now, WatchOutput* out) {
  switch (phase) {
    case Phase::kNew: break;
    case Phase::kInitial:
    case Phase::kListing: reconsider = true; break;
    case Phase::kWatching: proceed({.sync = true, .from = ""}, {}, now, out); break;
    case Phase::kStopping: next = {.sync = true, .from = ""}; break;
    case Phase::kWaiting:
      next = {.sync = true, .from = ""};
      if (state == WatchState::kUnavailable) begin_sync("", now, out);
      break;
  }
}

void WatchMachine::Impl::proceed(Next step, Duration delay, MonoTime now, WatchOutput* out) {
  if (reconsider) step = {.sync = true, .from = ""};
  if (streaming) {
    phase = Phase::kStopping;
    next = std::move(step);
    wait = delay;
    out->stop_stream = true;
  } else if (delay > Duration{}) {
    phase = Phase::kWaiting;
    next = std::move(step);
    wake_at = now + delay;
  } else {
    go(step, now, out);
  }
}

void WatchMachine::Impl::fail(Next step, const base::Error& error, MonoTime now, WatchOutput* out) {
  problem = error.message;
  const Duration span = base::full_jitter(base::backoff(kBackoff, failures), rng.unit());
  ++failures;
  proceed(std::move(step), std::max(span, error.retry_after), now, out);
}

// RT-36, and the same for what we may not read: somebody must act, so asking often helps nobody. A
// server that comes up says either for a moment, so a kind we have seen gets a minute of doubt.
void WatchMachine::Impl::denied(Next again, base::Error error, MonoTime now, WatchOutput* out) {
  if (state == WatchState::kSynced) {
    if (!denied_since) denied_since = now;
    if (now - *denied_since < kDoubt) {
      error.retry_after = {};
      fail(std::move(again), error, now, out);
      return;
    }
  }
  problem = std::move(error.message);
  state = WatchState::kUnavailable;
  proceed({.sync = true, .from = ""}, base::stable_jitter(kProbe, kProbeJitter, rng.next()), now,
          out);
}

void WatchMachine::Impl::go(const Next& step, MonoTime now, WatchOutput* out) {
  if (step.sync) {
    begin_sync(step.from, now, out);
  } else {
    open_stream(Phase::kWatching, out);
  }
}

CallInfo WatchMachine::Impl::call_info(Verb verb) const {
  return {.verb = verb, .resource = kind.resource, .key = {.ns = scope.ns, .name = ""}};
}

}  // namespace kaizen::kube

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "drive/watch_thread_internal.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "net/transport.h"
#include "reconcile/kinds.h"
#include "reconcile/wake.h"
#include "telemetry/names.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

namespace {

// RT-87. A stream may connect for 10 s before it is idle and read a refusal for 30 s after it
// (RT-5).
constexpr base::Duration kSlack = std::chrono::seconds(60);
constexpr base::Duration kTellEvery = std::chrono::minutes(1);  // RT-89

std::string_view cause_of(kube::WatchRestart restart) {
  switch (restart) {
    case kube::WatchRestart::kNone: return "none";
    case kube::WatchRestart::kEnded: return "ended";
    case kube::WatchRestart::kIdle: return "idle";
    case kube::WatchRestart::kCut: return "cut";
    case kube::WatchRestart::kExpired: return "expired";
    case kube::WatchRestart::kError: return "error";
    case kube::WatchRestart::kRefused: return "refused";
  }
  return "error";
}

std::string_view cause_of(kube::Delta::Kind kind) {
  switch (kind) {
    case kube::Delta::Kind::kUpsert: return "upsert";
    case kube::Delta::Kind::kDelete: return "delete";
    case kube::Delta::Kind::kReplace: return "replace";
    case kube::Delta::Kind::kProgress: return "progress";
  }
  return "upsert";
}

}  // namespace

WatchThread::WatchThread(reconcile::Watched id,
                         std::string_view ns,
                         WatchParts parts,
                         Beat& beat,
                         uint64_t seed)
    : kind_(reconcile::watched(id)),
      parts_(std::move(parts)),
      beat_(beat),
      machine_(kind_.kind, reconcile::scope_of(id, ns), base::Rng(seed)) {}

void WatchThread::run() {
  kube::WatchOutput next = step(kube::WatchInput::Start{});
  while (!is_stopping()) {
    if (next.call) {
      next = carry_out(*next.call);
    } else {
      KAIZEN_CHECK(next.wake_at, "a watch waits for a call or for a time");
      next = await(*next.wake_at);
    }
  }
  beat_.rest();
}

void WatchThread::stop() {
  const base::MutexLock lock(mutex_);
  stopping_ = true;
  call_.request_stop();
  changed_.notify_all();
}

void WatchThread::reconsider() {
  const base::MutexLock lock(mutex_);
  reconsider_ = true;
  if (streaming_) call_.request_stop();  // a list that is running is new enough
  changed_.notify_all();
}

void WatchThread::on_open(const base::HttpResponse& head) {
  static_cast<void>(head);
  beat_.promise(idle_limit_ + kSlack);
  stream_ends_ = step(kube::WatchInput::Opened{}).stop_stream;
}

bool WatchThread::on_bytes(std::string_view bytes) {
  beat_.promise(idle_limit_ + kSlack);
  if (!stream_ends_) stream_ends_ = step(kube::WatchInput::Bytes{bytes}).stop_stream;
  return !stream_ends_ && !is_stopping();
}

// One request, until its answer or the end of its stream was given to the machine.
kube::WatchOutput WatchThread::carry_out(const kube::WatchCall& call) {
  const std::stop_token stop = new_call(call.stream);
  beat_.promise(call.limit + kSlack);
  if (!call.stream) {
    kube::WatchInput::Answer answer{parts_.transport->call(
        call.request, {.total = call.limit, .max_body_bytes = call.max_body_bytes, .stop = stop})};
    beat_.promise(kSlack);
    if (take_reconsider()) step(kube::WatchInput::Reconsider{});
    return step(std::move(answer));
  }
  idle_limit_ = call.limit;
  stream_ends_ = false;
  kube::WatchInput::Ended ended{parts_.transport->stream(call.request, call.limit, *this, stop)};
  beat_.promise(kSlack);
  if (take_reconsider()) step(kube::WatchInput::Reconsider{});
  return step(std::move(ended));
}

kube::WatchOutput WatchThread::await(base::MonoTime wake_at) {
  {
    const base::MutexLock lock(mutex_);
    while (!stopping_ && !reconsider_) {
      const base::Duration left = wake_at - parts_.clock->mono();
      if (left <= base::Duration::zero()) break;
      beat_.promise(kSlack);
      changed_.wait_for(mutex_, std::min(left, kLookAgain));
    }
  }
  if (take_reconsider()) return step(kube::WatchInput::Reconsider{});
  return step(kube::WatchInput::Tick{});
}

kube::WatchOutput WatchThread::step(const kube::WatchInput::Any& input) {
  kube::WatchOutput output = machine_.step(input, parts_.clock->mono());
  take_in(output);
  return output;
}

void WatchThread::take_in(const kube::WatchOutput& output) {
  telemetry::Telemetry& telemetry = *parts_.telemetry;
  const std::string_view resource = kind_.kind.resource.plural;
  if (output.restart != kube::WatchRestart::kNone) {
    telemetry.count(telemetry::kWatchRestarts, {resource, cause_of(output.restart)});
  }
  if (output.skipped_frames > 0) {
    telemetry.count(telemetry::kWatchSkippedFrames, {resource}, output.skipped_frames);
  }
  if (output.stale_events > 0) {
    telemetry.count(telemetry::kStaleEvents, {resource}, output.stale_events);
  }
  take_in_deltas(output);
  note_availability();
  tell_problem(output);
}

void WatchThread::take_in_deltas(const kube::WatchOutput& output) {
  for (const kube::Delta& delta : output.deltas) {
    parts_.telemetry->count(telemetry::kWatchEvents,
                            {kind_.kind.resource.plural, cause_of(delta.kind)});
    parts_.queue->add(parts_.world->apply(kind_.id, delta));
  }
  if (!output.deltas.empty()) parts_.on_progress();
}

// A kind that is listed again after it was away counts as absent until its list is complete: a
// half-filled cache would look like deletions (RT-36).
void WatchThread::note_availability() {
  const kube::WatchState state = machine_.state();
  const bool available =
      state == kube::WatchState::kSynced || (state == kube::WatchState::kSyncing && available_);
  if (available == available_) return;
  available_ = available;
  parts_.telemetry->set(telemetry::kWatchUnavailable, {kind_.kind.resource.plural},
                        available ? 0 : 1);
  parts_.queue->add(parts_.world->set_available(kind_.id, available));
  parts_.on_progress();
}

// One line a minute while something we need is missing (RT-89); a kind that need not be installed
// gets one line and then silence (RT-36).
void WatchThread::tell_problem(const kube::WatchOutput& output) {
  const std::string_view kind = kind_.kind.resource.kind;
  const base::MonoTime now = parts_.clock->mono();
  if (output.problem.empty()) {
    if (!was_unhealthy_ || machine_.state() != kube::WatchState::kSynced) return;
    was_unhealthy_ = false;
    problem_told_at_.reset();
    parts_.telemetry->log(
        {.level = telemetry::Level::kInfo, .msg = "watch is well again", .kind = kind});
    return;
  }
  const bool told = problem_told_at_.has_value();
  const bool once = !kind_.required && machine_.state() == kube::WatchState::kUnavailable;
  if (told && (once || now - *problem_told_at_ < kTellEvery)) return;
  was_unhealthy_ = true;
  problem_told_at_ = now;
  parts_.telemetry->log({.level = once ? telemetry::Level::kInfo : telemetry::Level::kWarn,
                         .msg = "watch is not possible",
                         .kind = kind,
                         .fields = {{"problem", output.problem}}});
}

bool WatchThread::take_reconsider() {
  const base::MutexLock lock(mutex_);
  return std::exchange(reconsider_, false);
}

bool WatchThread::is_stopping() const {
  const base::MutexLock lock(mutex_);
  return stopping_;
}

std::stop_token WatchThread::new_call(bool stream) {
  const base::MutexLock lock(mutex_);
  call_ = std::stop_source();
  streaming_ = stream;
  if (stopping_ || (stream && reconsider_)) call_.request_stop();
  return call_.get_token();
}

}  // namespace kaizen::drive

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/resource_version.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "kube/watch_frame.h"
#include "kube/watch_internal.h"
#include "net/transport.h"

namespace kaizen::kube {
namespace {

using base::Code;
using base::Duration;
using base::MonoTime;

constexpr Duration kHealthy = std::chrono::seconds(10);        // RT-9
constexpr Duration kVeryShort = std::chrono::seconds(1);       // RT-9
constexpr Duration kIdle = std::chrono::seconds(150);          // RT-7: two bookmarks missed
constexpr Duration kNoBookmarks = std::chrono::minutes(10);    // RT-7
constexpr Duration kIdleLeeway = std::chrono::seconds(5);      // RT-7
constexpr int64_t kWatchSeconds = 300;                         // RT-28, up to twice that
constexpr Duration kInternalErrors = std::chrono::minutes(1);  // RT-29

}  // namespace

void WatchMachine::Impl::open_stream(Phase as, WatchOutput* out) {
  phase = as;
  streaming = true;
  frames.clear();
  opened_at.reset();
  delivered = false;
  const int64_t seconds =
      kWatchSeconds + static_cast<int64_t>(rng.unit() * static_cast<double>(kWatchSeconds + 1));
  const Duration timeout = std::chrono::seconds(seconds);
  const bool initial = as == Phase::kInitial;
  const WatchOptions options{.resource_version = initial ? from : high_water,
                             .send_initial_events = initial,
                             .timeout = timeout};
  out->call = WatchCall{.request = watch_request(kind.resource, scope, options),
                        .stream = true,
                        .limit = no_bookmarks >= kNoBookmarks ? timeout + kIdleLeeway : kIdle,
                        .max_body_bytes = 0};
}

void WatchMachine::Impl::take_event(WatchFrame frame, MonoTime now, WatchOutput* out) {
  switch (frame.kind) {
    case WatchFrame::Kind::kUpsert:
    case WatchFrame::Kind::kDelete: break;
    case WatchFrame::Kind::kSkipped: ++out->skipped_frames; return;
    case WatchFrame::Kind::kBookmark: take_bookmark(frame, now, out); return;
    case WatchFrame::Kind::kError: watch_error(frame.status, now, out); return;
    case WatchFrame::Kind::kTooLarge:
      out->restart = WatchRestart::kError;
      fail({.sync = true, .from = high_water},
           {.code = Code::kTooLarge,
            .message = base::concat({"watch ", kind.resource.plural, ": an event over 4 MiB"})},
           now, out);
      return;
  }
  delivered = true;
  healthy();
  // Events come in order; what was told already would bring back what is gone (RT-33).
  if (has_reached(high_water, frame.resource_version)) {
    ++out->stale_events;
    return;
  }
  if (!frame.resource_version.empty()) high_water = frame.resource_version;
  Delta delta{
      .kind = frame.kind == WatchFrame::Kind::kUpsert ? Delta::Kind::kUpsert : Delta::Kind::kDelete,
      .objects = {},
      .resource_version = std::move(frame.resource_version)};
  delta.objects.push_back(std::move(frame.object));
  out->deltas.push_back(std::move(delta));
}

void WatchMachine::Impl::take_bookmark(const WatchFrame& frame, MonoTime now, WatchOutput* out) {
  bookmark_at = now;
  no_bookmarks = {};
  if (is_older(frame.resource_version, high_water).value_or(false)) {  // RT-33
    ++out->stale_events;
    out->restart = WatchRestart::kError;
    fail({.sync = true, .from = ""},
         {.code = Code::kExpired,
          .message = fmt::format("watch {}: a bookmark at version {}, but {} was told before",
                                 kind.resource.plural, frame.resource_version, high_water)},
         now, out);
    return;
  }
  internal_since.reset();
  high_water = frame.resource_version;
  out->deltas.push_back(
      {.kind = Delta::Kind::kProgress, .objects = {}, .resource_version = frame.resource_version});
}

// RT-29, for ERROR events and for HTTP answers alike.
void WatchMachine::Impl::watch_error(const StatusBody& status, MonoTime now, WatchOutput* out) {
  const base::Error error = judge_status(call_info(Verb::kWatch), status);
  if (opened_at && now - *opened_at > kHealthy) healthy();  // RT-9
  const bool internal = status.code == 500;
  if (!internal) internal_since.reset();
  if (out->restart == WatchRestart::kNone) out->restart = WatchRestart::kError;
  if (error.code == Code::kExpired) {
    out->restart = WatchRestart::kExpired;
    // Once at once (RT-25); a server that goes on refusing its own versions is waited for.
    if (std::exchange(expired_once, true)) {
      fail({.sync = true, .from = high_water}, error, now, out);
    } else {
      proceed({.sync = true, .from = high_water}, {}, now, out);
    }
  } else if (error.code == Code::kNotFound || error.code == Code::kForbidden) {
    denied({.sync = false, .from = ""}, error, now, out);
  } else if (internal) {
    if (!internal_since) internal_since = now;
    const bool relist = now - *internal_since >= kInternalErrors;
    if (relist) internal_since.reset();
    fail({.sync = relist, .from = relist ? high_water : ""}, error, now, out);
  } else if (error.code == Code::kThrottled || error.code == Code::kUnauthorized ||
             error.code == Code::kUnavailable) {
    fail({.sync = false, .from = ""}, error, now, out);
  } else {
    fail({.sync = true, .from = high_water}, error, now, out);
  }
}

void WatchMachine::Impl::watch_over(const base::Result<net::StreamEnd>& end,
                                    MonoTime now,
                                    WatchOutput* out) {
  const Next again{.sync = false, .from = ""};
  if (!end.ok()) {
    out->restart = WatchRestart::kRefused;
    if (end.error().code == Code::kCancelled) {
      proceed(again, {}, now, out);
      return;
    }
    refused_until.reset();  // RT-27: remembered until reconnect
    fail(again,
         judge(call_info(Verb::kWatch), base::Result<base::HttpResponse>(end.error())).error(), now,
         out);
    return;
  }
  const Duration lived = opened_at ? now - *opened_at : Duration{};
  if (lived > kHealthy) healthy();  // RT-9
  switch (end->kind) {
    case net::StreamEndKind::kRefused:
      out->restart = WatchRestart::kRefused;
      watch_error(parse_status(end->response), now, out);
      return;
    case net::StreamEndKind::kIdle:
    case net::StreamEndKind::kStopped:
      out->restart =
          end->kind == net::StreamEndKind::kIdle ? WatchRestart::kIdle : WatchRestart::kEnded;
      proceed(again, {}, now, out);  // RT-7: no failure
      return;
    case net::StreamEndKind::kServerEnded: out->restart = WatchRestart::kEnded; break;
    case net::StreamEndKind::kCut: out->restart = WatchRestart::kCut; break;
  }
  if (lived < kVeryShort && !delivered) {
    fail(again,
         {.message = base::concat(
              {"watch ", kind.resource.plural, ": the server ends it at once without an event"})},
         now, out);
    return;
  }
  proceed(again, {}, now, out);
}

void WatchMachine::Impl::close_stream(MonoTime now) {
  streaming = false;
  if (opened_at) no_bookmarks += now - bookmark_at;
}

void WatchMachine::Impl::healthy() {
  failures = 0;
  expired_once = false;
  internal_since.reset();
}

}  // namespace kaizen::kube

#include "kube/watch.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/backoff.h"
#include "base/check.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/time.h"
#include "kube/list.h"
#include "kube/object.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/resource_version.h"
#include "kube/store.h"
#include "kube/watch_frame.h"
#include "net/transport.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

using base::Code;
using base::Duration;
using base::MonoTime;

constexpr base::BackoffPolicy kBackoff = {.first = std::chrono::milliseconds(800),
                                          .cap = std::chrono::seconds(30)};  // RT-30
constexpr Duration kHealthy = std::chrono::seconds(10);                      // RT-9
constexpr Duration kVeryShort = std::chrono::seconds(1);                     // RT-9
constexpr Duration kIdle = std::chrono::seconds(150);          // RT-7: two bookmarks missed
constexpr Duration kNoBookmarks = std::chrono::minutes(10);    // RT-7
constexpr Duration kIdleLeeway = std::chrono::seconds(5);      // RT-7
constexpr int64_t kWatchSeconds = 300;                         // RT-28, up to twice that
constexpr Duration kListDeadline = std::chrono::seconds(60);   // RT-5
constexpr size_t kMaxListBytes = size_t{64} << 20U;            // RT-6
constexpr int32_t kPageSize = 500;                             // RT-26
constexpr size_t kMaxObjects = 500'000;                        // A64: far above what etcd holds
constexpr Duration kRefusalMemory = std::chrono::minutes(30);  // RT-27
constexpr int kBrokenStarts = 3;  // a watch-list that never completes is no watch-list
constexpr Duration kInternalErrors = std::chrono::minutes(1);  // RT-29
constexpr Duration kProbe = std::chrono::seconds(60);          // RT-36
constexpr double kProbeJitter = 0.1;                           // RT-36

enum class Phase : uint8_t {
  kNew,
  kInitial,   // the watch-list stream, before its end mark
  kListing,   // a page is being fetched
  kWatching,  // the stream is open or opening
  kStopping,  // we gave the stream up and wait for its end
  kWaiting,   // for wake_at
};

// What comes after the current wait or stream.
struct Next {
  bool sync = true;  // false: watch from the high water mark
  std::string from;  // RT-25: the oldest version a sync may bring; "" is the most recent one
};

}  // namespace

struct WatchMachine::Impl {
  Impl(Kind kind_of, Scope scope_of, base::Rng rng_of)
      : kind(kind_of), scope(std::move(scope_of)), rng(rng_of), frames(kind) {}

  Kind kind;
  Scope scope;
  base::Rng rng;
  FrameReader frames;

  WatchState state = WatchState::kSyncing;
  Phase phase = Phase::kNew;
  std::string high_water;  // HWM: what has been handed out
  std::string problem;

  // kWaiting and kStopping
  Next next;
  Duration wait{};  // after kStopping
  MonoTime wake_at;

  // Syncing
  std::string from;
  std::map<schema::ObjectKey, Object> pending;  // the picture in the making, never shown (RT-26)
  std::string pending_version;                  // of the first page
  bool first_page = true;
  bool paged = false;
  int32_t page_size = kPageSize;
  bool first_frame = true;
  int broken_starts = 0;
  std::optional<MonoTime> refused_until;  // RT-27
  bool reconsider = false;                // came while a picture was in the making

  // The stream
  bool streaming = false;  // one was handed out and has not ended
  std::optional<MonoTime> opened_at;
  MonoTime bookmark_at;       // of this stream's last bookmark, or of its opening
  Duration no_bookmarks{};    // time spent watching since any stream's last bookmark (RT-7)
  bool delivered = false;     // an event, within this stream
  bool expired_once = false;  // since it was last healthy
  int64_t failures = 0;       // RT-30
  std::optional<MonoTime> internal_since;  // RT-29

  void on(const WatchInput::Start& input, MonoTime now, WatchOutput* out);
  void on(WatchInput::Answer input, MonoTime now, WatchOutput* out);
  void on(const WatchInput::Opened& input, MonoTime now, WatchOutput* out);
  void on(const WatchInput::Bytes& input, MonoTime now, WatchOutput* out);
  void on(const WatchInput::Ended& input, MonoTime now, WatchOutput* out);
  void on(const WatchInput::Tick& input, MonoTime now, WatchOutput* out);
  void on(const WatchInput::Reconsider& input, MonoTime now, WatchOutput* out);

  CallInfo call_info(Verb verb) const;

  void go(const Next& step, MonoTime now, WatchOutput* out);
  void begin_sync(std::string from_version, MonoTime now, WatchOutput* out);
  void begin_list(std::string from_version, bool in_pages, WatchOutput* out);
  void request_page(std::string continue_token, WatchOutput* out);
  void open_stream(Phase as, WatchOutput* out);
  void take_page(ListPage page, MonoTime now, WatchOutput* out);
  void list_failed(const base::Error& error, MonoTime now, WatchOutput* out);
  void publish(std::string version, MonoTime now, WatchOutput* out);

  void take_initial(WatchFrame frame, MonoTime now, WatchOutput* out);
  void take_event(WatchFrame frame, MonoTime now, WatchOutput* out);
  void take_bookmark(const WatchFrame& frame, MonoTime now, WatchOutput* out);
  void initial_error(const base::Error& error, MonoTime now, WatchOutput* out);
  void watch_error(const StatusBody& status, MonoTime now, WatchOutput* out);
  void initial_over(const base::Result<net::StreamEnd>& end, MonoTime now, WatchOutput* out);
  void watch_over(const base::Result<net::StreamEnd>& end, MonoTime now, WatchOutput* out);
  bool keep(Object object);

  // How a failure goes on: whatever runs is given up first.
  void proceed(Next step, Duration delay, MonoTime now, WatchOutput* out);
  void fail(Next step, const base::Error& error, MonoTime now, WatchOutput* out);
  void unavailable(const base::Error& error, MonoTime now, WatchOutput* out);
  void refuse_watch_list(MonoTime now);
  void healthy();
  void close_stream(MonoTime now);
};

// --- inputs -------------------------------------------------------------------------------------

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
  if (phase == Phase::kWatching) problem.clear();
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

// --- the first picture --------------------------------------------------------------------------

CallInfo WatchMachine::Impl::call_info(Verb verb) const {
  return {.verb = verb, .resource = kind.resource, .key = {.ns = scope.ns, .name = ""}};
}

void WatchMachine::Impl::go(const Next& step, MonoTime now, WatchOutput* out) {
  if (step.sync) {
    begin_sync(step.from, now, out);
  } else {
    open_stream(Phase::kWatching, out);
  }
}

// RT-27: one stream, unless this server is known to refuse that.
void WatchMachine::Impl::begin_sync(std::string from_version, MonoTime now, WatchOutput* out) {
  reconsider = false;
  if (refused_until && now < *refused_until) {
    const bool in_pages = from_version.empty();  // RT-25, RT-26
    begin_list(std::move(from_version), in_pages, out);
    return;
  }
  refused_until.reset();
  from = std::move(from_version);
  pending.clear();
  first_frame = true;
  open_stream(Phase::kInitial, out);
}

void WatchMachine::Impl::begin_list(std::string from_version, bool in_pages, WatchOutput* out) {
  from = std::move(from_version);
  pending.clear();
  first_page = true;
  paged = in_pages;
  request_page("", out);
}

void WatchMachine::Impl::request_page(std::string continue_token, WatchOutput* out) {
  phase = Phase::kListing;
  const ListOptions options{.limit = paged ? page_size : 0,
                            .continue_token = std::move(continue_token),
                            .resource_version = from};
  out->call = WatchCall{.request = list_request(kind.resource, scope, options),
                        .stream = false,
                        .limit = kListDeadline,
                        .max_body_bytes = kMaxListBytes};
}

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

void WatchMachine::Impl::take_page(ListPage page, MonoTime now, WatchOutput* out) {
  out->skipped_frames += page.skipped;
  // Every page of one list is at the version of the first.
  if (first_page) pending_version = std::move(page.resource_version);
  for (Object& object : page.objects) {
    if (!keep(std::move(object))) {
      list_failed(
          base::invalid(base::concat({"list ", kind.resource.plural, ": too many objects"})), now,
          out);
      return;
    }
  }
  if (!page.continue_token.empty()) {
    first_page = false;
    request_page(std::move(page.continue_token), out);
    return;
  }
  publish(std::move(pending_version), now, out);
}

void WatchMachine::Impl::list_failed(const base::Error& error, MonoTime now, WatchOutput* out) {
  pending.clear();
  switch (error.code) {
    case Code::kExpired:
      // RT-26: what the pages so far said is thrown away, and the token in the answer with it.
      if (!first_page && paged) {
        begin_list(from, false, out);
      } else if (first_page && !from.empty()) {
        begin_sync("", now, out);  // RT-25
      } else {
        fail({.sync = true, .from = ""}, error, now, out);
      }
      return;
    case Code::kNotFound:
    case Code::kForbidden: unavailable(error, now, out); return;
    case Code::kTooLarge:
      if (paged) page_size = std::max(1, page_size / 2);
      fail({.sync = true, .from = ""}, error, now, out);
      return;
    case Code::kUnavailable:
      refused_until.reset();  // RT-27: it may come back as another server
      break;
    case Code::kInvalid:
    case Code::kAlreadyExists:
    case Code::kConflict:
    case Code::kUnauthorized:
    case Code::kThrottled:
    case Code::kUnknownOutcome:
    case Code::kTimeout:
    case Code::kTls:
    case Code::kCancelled:
    case Code::kRejected:
    case Code::kNamespaceEnding:
    case Code::kInternal: break;
  }
  fail({.sync = true, .from = from}, error, now, out);
}

// RT-31: the whole collection at once, or nothing.
void WatchMachine::Impl::publish(std::string version, MonoTime now, WatchOutput* out) {
  if (is_older(version, high_water).value_or(false)) {  // RT-33
    pending.clear();
    const base::Error error{
        .action = base::Action::kRetryCall,
        .code = Code::kExpired,
        .message = base::concat({"list ", kind.resource.plural, ": the server is at version ",
                                 version, ", older than ", high_water,
                                 " which it told before; if it was restored from a backup, restart "
                                 "kaizen"})};
    out->restart = WatchRestart::kError;
    fail({.sync = true, .from = ""}, error, now, out);
    return;
  }
  Delta delta{.kind = Delta::Kind::kReplace, .objects = {}, .resource_version = version};
  delta.objects.reserve(pending.size());
  for (auto& [key, object] : pending) delta.objects.push_back(std::move(object));
  pending.clear();
  high_water = std::move(version);
  state = WatchState::kSynced;
  broken_starts = 0;
  page_size = kPageSize;
  problem.clear();
  out->deltas.push_back(std::move(delta));
  if (phase == Phase::kInitial) {
    phase = Phase::kWatching;
    if (reconsider) proceed({.sync = true, .from = ""}, {}, now, out);
  } else if (reconsider) {
    begin_sync("", now, out);
  } else {
    open_stream(Phase::kWatching, out);
  }
}

// Takes an object into the picture in the making; false: it grows without bound.
bool WatchMachine::Impl::keep(Object object) {
  const schema::ObjectKey key = object.head.key;
  pending.insert_or_assign(key, std::move(object));
  return pending.size() <= kMaxObjects;
}

// --- the watch-list's beginning -----------------------------------------------------------------

void WatchMachine::Impl::take_initial(WatchFrame frame, MonoTime now, WatchOutput* out) {
  switch (frame.kind) {
    case WatchFrame::Kind::kUpsert:
      if (!keep(std::move(frame.object))) {
        initial_error(base::invalid("too many objects"), now, out);
      }
      return;
    case WatchFrame::Kind::kDelete: pending.erase(frame.object.head.key); return;
    case WatchFrame::Kind::kSkipped: ++out->skipped_frames; return;
    case WatchFrame::Kind::kBookmark:
      if (frame.initial_events_end) {
        publish(std::move(frame.resource_version), now, out);
        return;
      }
      // A bookmark before the end mark: this server did not understand what we asked for.
      refuse_watch_list(now);
      out->restart = WatchRestart::kRefused;
      proceed({.sync = true, .from = from}, {}, now, out);
      return;
    case WatchFrame::Kind::kError:
      initial_error(judge_status(call_info(Verb::kWatch), frame.status), now, out);
      return;
    case WatchFrame::Kind::kTooLarge: break;
  }
  // A page of a list may hold what no frame may (RT-6, RT-40).
  refuse_watch_list(now);
  out->restart = WatchRestart::kError;
  proceed({.sync = true, .from = from}, {}, now, out);
}

// An ERROR event or an HTTP status before the picture was complete.
void WatchMachine::Impl::initial_error(const base::Error& error, MonoTime now, WatchOutput* out) {
  pending.clear();
  out->restart = WatchRestart::kError;
  const bool throttled = error.code == Code::kThrottled || error.code == Code::kUnauthorized;
  if (error.code == Code::kExpired && !from.empty()) {
    out->restart = WatchRestart::kExpired;
    proceed({.sync = true, .from = ""}, {}, now, out);  // RT-25
  } else if (error.code == Code::kNotFound || error.code == Code::kForbidden) {
    unavailable(error, now, out);
  } else if (first_frame && !throttled && error.code != Code::kExpired) {
    // RT-27: refused inside the stream. If the server is in trouble, the list will tell.
    out->restart = WatchRestart::kRefused;
    refuse_watch_list(now);
    proceed({.sync = true, .from = from}, {}, now, out);
  } else {
    fail({.sync = true, .from = from}, error, now, out);
  }
}

void WatchMachine::Impl::initial_over(const base::Result<net::StreamEnd>& end,
                                      MonoTime now,
                                      WatchOutput* out) {
  pending.clear();
  if (!end.ok() && end.error().code == Code::kCancelled) {
    proceed({.sync = true, .from = from}, {}, now, out);
    return;
  }
  if (!end.ok()) {
    refused_until.reset();
    const base::Error error =
        judge(call_info(Verb::kWatch), base::Result<base::HttpResponse>(end.error())).error();
    out->restart = WatchRestart::kRefused;
    fail({.sync = true, .from = from}, error, now, out);
    return;
  }
  if (end->kind == net::StreamEndKind::kRefused) {
    const base::Error error = judge_status(call_info(Verb::kWatch), parse_status(end->response));
    // RT-27: trouble with the server is no refusal of this kind of watch.
    first_frame = error.code != Code::kUnavailable;
    initial_error(error, now, out);
    return;
  }
  if (++broken_starts >= kBrokenStarts) {
    refuse_watch_list(now);
    broken_starts = 0;
  }
  out->restart = WatchRestart::kCut;
  fail({.sync = true, .from = from},
       {.message = base::concat({"watch ", kind.resource.plural,
                                 ": the stream ended before its first picture was complete"})},
       now, out);
}

// --- watching -----------------------------------------------------------------------------------

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
          .message = base::concat({"watch ", kind.resource.plural, ": a bookmark at ",
                                   frame.resource_version, ", older than ", high_water,
                                   " which was told before"})},
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
  out->restart = WatchRestart::kError;
  if (error.code == Code::kExpired) {
    out->restart = WatchRestart::kExpired;
    // Once at once (RT-25); a server that goes on refusing its own versions is waited for.
    if (std::exchange(expired_once, true)) {
      fail({.sync = true, .from = high_water}, error, now, out);
    } else {
      proceed({.sync = true, .from = high_water}, {}, now, out);
    }
  } else if (error.code == Code::kNotFound || error.code == Code::kForbidden) {
    unavailable(error, now, out);
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
    case net::StreamEndKind::kRefused: watch_error(parse_status(end->response), now, out); return;
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

// --- going on -----------------------------------------------------------------------------------

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

// RT-36, and the same for what we may not read: somebody must act, so asking often helps nobody.
void WatchMachine::Impl::unavailable(const base::Error& error, MonoTime now, WatchOutput* out) {
  problem = error.message;
  state = WatchState::kUnavailable;
  if (out->restart == WatchRestart::kNone) out->restart = WatchRestart::kRefused;
  proceed({.sync = true, .from = ""}, base::stable_jitter(kProbe, kProbeJitter, rng.next()), now,
          out);
}

void WatchMachine::Impl::refuse_watch_list(MonoTime now) {
  refused_until = now + kRefusalMemory;
}

void WatchMachine::Impl::healthy() {
  failures = 0;
  expired_once = false;
  internal_since.reset();
}

void WatchMachine::Impl::close_stream(MonoTime now) {
  streaming = false;
  if (opened_at) no_bookmarks += now - bookmark_at;
}

// --- the machine --------------------------------------------------------------------------------

WatchMachine::WatchMachine(Kind kind, Scope scope, base::Rng rng)
    : impl_(std::make_unique<Impl>(kind, std::move(scope), rng)) {}

WatchMachine::~WatchMachine() = default;

WatchOutput WatchMachine::step(WatchInput::Any input, base::MonoTime now) {
  WatchOutput out;
  std::visit([&](auto& one) { impl_->on(std::move(one), now, &out); }, input);
  if (impl_->phase == Phase::kWaiting) out.wake_at = impl_->wake_at;
  out.problem = impl_->problem;
  return out;
}

WatchState WatchMachine::state() const {
  return impl_->state;
}

}  // namespace kaizen::kube

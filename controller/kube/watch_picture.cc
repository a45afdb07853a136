#include <algorithm>
#include <chrono>
#include <cstddef>
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
#include "kube/list.h"
#include "kube/object.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/resource_version.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "kube/watch_frame.h"
#include "kube/watch_internal.h"
#include "net/transport.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

using base::Code;
using base::Duration;
using base::MonoTime;

constexpr Duration kListDeadline = std::chrono::seconds(60);   // RT-5
constexpr size_t kMaxListBytes = size_t{64} << 20U;            // RT-6
constexpr size_t kMaxObjects = 500'000;                        // A64: far above what etcd holds
constexpr Duration kRefusalMemory = std::chrono::minutes(30);  // RT-27
constexpr int kBrokenStarts = 3;  // a watch-list that never completes is no watch-list

}  // namespace

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
    case Code::kForbidden: denied({.sync = true, .from = from}, error, now, out); return;
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
        .code = Code::kExpired,
        .message = fmt::format("list {}: the server is at version {} and told {} before; if it was "
                               "restored from a backup, restart kaizen",
                               kind.resource.plural, version, high_water)};
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
  page_size = kListPageSize;
  denied_since.reset();
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
  if (out->restart == WatchRestart::kNone) out->restart = WatchRestart::kError;
  const bool throttled = error.code == Code::kThrottled || error.code == Code::kUnauthorized;
  if (error.code == Code::kExpired && !from.empty()) {
    out->restart = WatchRestart::kExpired;
    proceed({.sync = true, .from = ""}, {}, now, out);  // RT-25
  } else if (error.code == Code::kNotFound || error.code == Code::kForbidden) {
    denied({.sync = true, .from = from}, error, now, out);
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
  const bool ours =
      end.ok() ? end->kind == net::StreamEndKind::kStopped : end.error().code == Code::kCancelled;
  if (ours) {  // the driver gave it up
    proceed({.sync = true, .from = from}, {}, now, out);
    return;
  }
  if (!end.ok()) {
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
    out->restart = WatchRestart::kRefused;
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

void WatchMachine::Impl::refuse_watch_list(MonoTime now) {
  refused_until = now + kRefusalMemory;
}

}  // namespace kaizen::kube

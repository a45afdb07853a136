// WatchMachine::Impl: the state of a watch and the transitions between its phases. watch.cc takes
// the inputs and decides how a failure goes on, watch_picture.cc makes a consistent picture by
// watch-list or pages, watch_stream.cc follows the events after it. Internal to kube.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/duration.h"
#include "base/error.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "kube/list.h"
#include "kube/object.h"
#include "kube/outcome.h"
#include "kube/request.h"
#include "kube/watch.h"
#include "kube/watch_frame.h"
#include "net/transport.h"
#include "schema/resource.h"

namespace kaizen::kube {

inline constexpr int32_t kListPageSize = 500;  // RT-26

struct WatchMachine::Impl {
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
  base::Duration wait{};  // after kStopping
  base::MonoTime wake_at;

  // Syncing
  std::string from;
  std::map<schema::ObjectKey, Object> pending;  // the picture in the making, never shown (RT-26)
  std::string pending_version;                  // of the first page
  bool first_page = true;
  bool paged = false;
  int32_t page_size = kListPageSize;
  bool first_frame = true;
  int broken_starts = 0;
  std::optional<base::MonoTime> refused_until;  // RT-27
  bool reconsider = false;                      // came while a picture was in the making

  // The stream
  bool streaming = false;  // one was handed out and has not ended
  std::optional<base::MonoTime> opened_at;
  base::MonoTime bookmark_at;     // of this stream's last bookmark, or of its opening
  base::Duration no_bookmarks{};  // time spent watching since any stream's last bookmark (RT-7)
  bool delivered = false;         // an event, within this stream
  bool expired_once = false;      // since it was last healthy
  int64_t failures = 0;           // RT-30
  std::optional<base::MonoTime> internal_since;  // RT-29
  std::optional<base::MonoTime> denied_since;    // 403 or 404, though we had a picture

  void on(const WatchInput::Start& input, base::MonoTime now, WatchOutput* out);
  void on(WatchInput::Answer input, base::MonoTime now, WatchOutput* out);
  void on(const WatchInput::Opened& input, base::MonoTime now, WatchOutput* out);
  void on(const WatchInput::Bytes& input, base::MonoTime now, WatchOutput* out);
  void on(const WatchInput::Ended& input, base::MonoTime now, WatchOutput* out);
  void on(const WatchInput::Tick& input, base::MonoTime now, WatchOutput* out);
  void on(const WatchInput::Reconsider& input, base::MonoTime now, WatchOutput* out);

  CallInfo call_info(Verb verb) const;

  void go(const Next& step, base::MonoTime now, WatchOutput* out);
  void begin_sync(std::string from_version, base::MonoTime now, WatchOutput* out);
  void begin_list(std::string from_version, bool in_pages, WatchOutput* out);
  void request_page(std::string continue_token, WatchOutput* out);
  void open_stream(Phase as, WatchOutput* out);
  void take_page(ListPage page, base::MonoTime now, WatchOutput* out);
  void list_failed(const base::Error& error, base::MonoTime now, WatchOutput* out);
  void publish(std::string version, base::MonoTime now, WatchOutput* out);

  void take_initial(WatchFrame frame, base::MonoTime now, WatchOutput* out);
  void take_event(WatchFrame frame, base::MonoTime now, WatchOutput* out);
  void take_bookmark(const WatchFrame& frame, base::MonoTime now, WatchOutput* out);
  void initial_error(const base::Error& error, base::MonoTime now, WatchOutput* out);
  void watch_error(const StatusBody& status, base::MonoTime now, WatchOutput* out);
  void initial_over(const base::Result<net::StreamEnd>& end, base::MonoTime now, WatchOutput* out);
  void watch_over(const base::Result<net::StreamEnd>& end, base::MonoTime now, WatchOutput* out);
  bool keep(Object object);

  // How a failure goes on: whatever runs is given up first.
  void proceed(Next step, base::Duration delay, base::MonoTime now, WatchOutput* out);
  void fail(Next step, const base::Error& error, base::MonoTime now, WatchOutput* out);
  void denied(Next again, base::Error error, base::MonoTime now, WatchOutput* out);
  void refuse_watch_list(base::MonoTime now);
  void healthy();
  void close_stream(base::MonoTime now);
};

}  // namespace kaizen::kube

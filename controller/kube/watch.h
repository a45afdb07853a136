// WatchMachine: keeps one store current (RT-23 … RT-35, A71): watch-list or paged list, then watch,
// bookmarks, relists, backoff. A machine: no thread, no clock, no socket; drive turns it. One
// owner, one thread.
//
// The protocol: exactly one thing is pending after every step. Either a call that was handed out,
// and then exactly one Answer (or, for a stream, exactly one Ended, also after stop_stream) follows
// it; or `wake_at`, which every output repeats until the Tick that is due. Bytes that arrive after
// stop_stream are ignored. A driver that wants a running stream to be given up for a Reconsider
// steps the Reconsider, ends the stream as stop_stream says, and steps its Ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/http.h"
#include "base/rng.h"
#include "base/time.h"
#include "kube/object.h"
#include "kube/request.h"
#include "kube/store.h"
#include "net/transport.h"

namespace kaizen::kube {

// What the driver does next for the machine: one request at a time.
struct WatchCall {
  base::HttpRequest request;
  bool stream = false;        // false: Transport::call, its answer comes back as Answer
  base::Duration limit{};     // total deadline of a call, idle limit of a stream (RT-5, RT-7)
  size_t max_body_bytes = 0;  // of a call (RT-6)
};

struct WatchInput {
  struct Start {};  // once

  struct Answer {
    base::Result<base::HttpResponse> response;
  };

  struct Opened {};  // the stream's head arrived with 200

  struct Bytes {
    std::string_view bytes;
  };

  struct Ended {
    base::Result<net::StreamEnd> end;
  };

  struct Tick {};

  // Relist with "" (RT-51: a cache stays behind; RT-36: the CRD is back). Does not cut a backoff
  // short, but ends the wait of kUnavailable.
  struct Reconsider {};

  using Any = std::variant<Start, Answer, Opened, Bytes, Ended, Tick, Reconsider>;
};

enum class WatchState : uint8_t {
  kSyncing,      // the first consistent picture is not there yet
  kSynced,       // it is; the watch is open or being reopened
  kUnavailable,  // the resource is not installed (RT-36) or may not be read; probed again
};

// Causes are enums for kaizen_watch_restarts_total{cause}.
enum class WatchRestart : uint8_t { kNone, kEnded, kIdle, kCut, kExpired, kError, kRefused };

struct WatchOutput {
  std::optional<WatchCall> call;          // start it now; the previous one is over
  bool stop_stream = false;               // end the stream that is running and step its Ended
  std::vector<Delta> deltas;              // for the store, in this order
  std::optional<base::MonoTime> wake_at;  // then step with Tick
  WatchRestart restart = WatchRestart::kNone;
  uint32_t skipped_frames = 0;  // RT-35
  uint32_t stale_events = 0;    // RT-33: older than what this watch has delivered, dropped
  std::string problem;          // why it is not healthy, for one log line a minute; empty: healthy
};

class WatchMachine {
 public:
  WatchMachine(Kind kind, Scope scope, base::Rng rng);
  WatchMachine(const WatchMachine&) = delete;
  WatchMachine& operator=(const WatchMachine&) = delete;
  ~WatchMachine();

  WatchOutput step(WatchInput::Any input, base::MonoTime now);

  WatchState state() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kaizen::kube

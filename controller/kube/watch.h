// WatchMachine: keeps one store current (RT-23 … RT-35, A71): watch-list or paged list, then watch,
// bookmarks, relists, backoff. A machine: no thread, no clock, no socket; drive turns it. One
// owner, one thread.
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
  struct Start {};  // also after a kTick that was waited for

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

  struct Reconsider {};  // relist with "" (RT-51: a cache stays behind; RT-36: the CRD is back)

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
  std::optional<WatchCall> call;  // start it now; the previous one is over
  bool stop_stream = false;       // end the stream that is running
  std::vector<Delta> deltas;
  std::optional<base::MonoTime> wake_at;  // then step with Tick
  WatchRestart restart = WatchRestart::kNone;
  uint32_t skipped_frames = 0;  // RT-35
  std::string problem;          // why it is not healthy, for one log line a minute; empty: healthy
};

class WatchMachine {
 public:
  WatchMachine(Kind kind, Scope scope, base::Rng rng);
  WatchMachine(const WatchMachine&) = delete;
  WatchMachine& operator=(const WatchMachine&) = delete;
  ~WatchMachine();

  WatchOutput step(const WatchInput::Any& input, base::MonoTime now);

  WatchState state() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kaizen::kube

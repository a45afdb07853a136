// WatchThread: keeps the store of one kind current: turns its WatchMachine with a Transport of its
// own (RT-10) and puts what comes into World and queue. run() is the body of one thread; stop(),
// reconsider() from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "drive/beats_internal.h"
#include "drive/locked_queue_internal.h"
#include "kube/watch.h"
#include "net/transport.h"
#include "reconcile/kinds.h"
#include "reconcile/world.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

struct WatchParts {
  const base::Clock* clock = nullptr;
  telemetry::Telemetry* telemetry = nullptr;
  net::Transport* transport = nullptr;
  reconcile::World* world = nullptr;
  LockedQueue* queue = nullptr;
  // Called on the watch's thread after World took something in.
  std::function<void()> on_progress;
};

class WatchThread final : private net::ByteSink {
 public:
  // Everything the parts point to, and `beat`, outlives it. `ns` empty: all namespaces.
  WatchThread(reconcile::Watched id,
              std::string_view ns,
              WatchParts parts,
              Beat& beat,
              uint64_t seed);

  void run();

  // Ends run() as soon as the transport lets go.
  void stop();

  // The cache stayed behind: list again (RT-51).
  void reconsider();

 private:
  void on_open(const base::HttpResponse& head) override;
  bool on_bytes(std::string_view bytes) override;

  kube::WatchOutput carry_out(const kube::WatchCall& call);
  kube::WatchOutput await(base::MonoTime wake_at);
  kube::WatchOutput step(const kube::WatchInput::Any& input);
  void take_in(const kube::WatchOutput& output);
  void take_in_deltas(const kube::WatchOutput& output);
  void tell_problem(const kube::WatchOutput& output);
  void note_availability();
  bool take_reconsider();
  bool is_stopping() const;
  std::stop_token new_call(bool stream);

  const reconcile::WatchedKind& kind_;
  const WatchParts parts_;
  Beat& beat_;
  kube::WatchMachine machine_;
  base::Duration idle_limit_{};  // of the stream that is running
  bool stream_ends_ = false;     // the machine said stop_stream
  bool available_ = true;
  bool was_unhealthy_ = false;
  std::optional<base::MonoTime> problem_told_at_;

  mutable base::Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopping_ KAIZEN_GUARDED_BY(mutex_) = false;
  bool reconsider_ KAIZEN_GUARDED_BY(mutex_) = false;
  std::stop_source call_ KAIZEN_GUARDED_BY(mutex_);  // of the call that is running
  bool streaming_ KAIZEN_GUARDED_BY(mutex_) = false;
};

}  // namespace kaizen::drive

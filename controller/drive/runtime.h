// Runtime: all threads of the operator but main and those of the http servers, and the state they
// share (docs/architecture.md, A61, A62). One per process, made and ended by app's main.
//
// Threads: one watch per kind, workers, probe threads, one that sends Events, one timer. Each has a
// noexcept body: an exception that reaches it ends the process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "core/extensions.h"
#include "core/settings.h"
#include "net/transport.h"
#include "reconcile/probe.h"
#include "reconcile/queue.h"
#include "reconcile/reconciler.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

// Everything pointed to outlives the Runtime.
struct RuntimeParts {
  const base::Clock* clock = nullptr;
  telemetry::Telemetry* telemetry = nullptr;
  net::Transport* calls = nullptr;    // API server: workers, probes, Events
  net::Transport* watches = nullptr;  // API server: lists and watches only, so that workers never
                                      // wait for their connections (RT-10)
  std::map<std::string, net::Transport*> sources = {};  // metric sources by name
  reconcile::Decide decide;
  core::Extensions extensions;
  core::Settings settings;
};

struct RuntimeOptions {
  int32_t workers = 4;        // keys decided at a time
  std::string instance = {};  // the pod's name, for Events
  uint64_t seed = 0;          // spreads retries of watches; differs from process to process (RT-30)
  reconcile::QueuePolicy queue = {};
  reconcile::ProbeLimits probes = {};
};

class Runtime {
 public:
  Runtime(RuntimeParts parts, RuntimeOptions options);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Ends every thread without finishing anything, unless shut_down() has.
  ~Runtime();

  // Once.
  void start();

  // The caches were synced once, and shutdown has not begun (RT-88). Any thread.
  bool is_ready() const;

  // Name of a thread that has not shown a sign of life in its time; nullopt: all have (RT-87). Any
  // thread.
  std::optional<std::string> stuck_thread() const;

  // Brings the gauges of queue and caches up to now. Any thread.
  void report_metrics();

  // RT-86, A67: not ready, no key is taken, what is in flight ends within 20 s, Events go out
  // within 2 s, threads end. Blocks up to 28 s. False: a thread did not end; the process must exit
  // without destroying this.
  bool shut_down();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kaizen::drive

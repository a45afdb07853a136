// Worker: takes keys from the queue and has each decided and carried out (RT-43, RT-48). One per
// worker thread; run() is its body.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/time.h"
#include "drive/beats_internal.h"
#include "drive/locked_events_internal.h"
#include "drive/locked_probes_internal.h"
#include "drive/locked_queue_internal.h"
#include "reconcile/kinds.h"
#include "reconcile/observations.h"
#include "reconcile/queue.h"
#include "reconcile/reconciler.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

// The one queue of every kind: the labels `controller` and `name` of what controller-runtime tells
// of a queue and its workers (UX-80).
inline constexpr std::string_view kQueueName = "kaizen";

struct WorkerParts {
  const base::Clock* clock = nullptr;
  telemetry::Telemetry* telemetry = nullptr;
  reconcile::Reconciler* reconciler = nullptr;
  reconcile::Observations* observations = nullptr;
  LockedQueue* queue = nullptr;
  LockedProbes* probes = nullptr;
  LockedEvents* events = nullptr;
  std::function<void(reconcile::Watched)> relist;
  std::stop_token stop;  // fires: no further write is begun (A67)
};

class Worker {
 public:
  // Everything the parts point to, and `beat`, outlives it.
  Worker(WorkerParts parts, Beat& beat) : parts_(std::move(parts)), beat_(beat) {}

  // Returns when the queue is closed.
  void run();

 private:
  void decide(const reconcile::Taken& taken);
  void pass_on(const reconcile::ReconcileReport& report);
  void finish(const reconcile::ReconcileInput& input, const reconcile::ReconcileReport& report);
  void tell(const reconcile::Taken& taken,
            const reconcile::ReconcileReport& report,
            base::Duration took);

  const WorkerParts parts_;
  Beat& beat_;
};

}  // namespace kaizen::drive

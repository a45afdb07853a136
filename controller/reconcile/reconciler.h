// Reconciler: one decision about one object, from the caches to the cluster: gather, decide,
// execute (docs/architecture.md). One per process; reconcile() blocks on the Transport and
// may run on several threads at once, for different keys: WorkQueue sees to that.
//
// What a worker of drive does:
//   taken = queue.take(now)
//   report = reconciler.reconcile({taken.key, taken.trigger, wall, mono, stop})   // catches
//   exceptions:
//            outcome kException
//   probes.plan(report.owner, report.probes) when report.probes has a value; Observations are told
//            already
//   events.record(report.regarding, note, …) for each of report.events
//   watch machines of report.relist get WatchInput::Reconsider
//   done = queue.done(taken.key, report.outcome, now); report.gone: queue.forget, probes.forget
//   done.quarantined: reconciler.report_internal_error(...)
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/extensions.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"
#include "core/settings.h"
#include "net/transport.h"
#include "reconcile/events.h"
#include "reconcile/execute.h"
#include "reconcile/gather.h"
#include "reconcile/observations.h"
#include "reconcile/queue.h"
#include "reconcile/world.h"
#include "telemetry/telemetry.h"

namespace kaizen::reconcile {

// What decides each kind: core's functions, or a test's own.
struct Decide {
  core::Plan (*rollout)(const core::RolloutSnapshot&,
                        const core::Extensions&,
                        base::Time) = nullptr;
};

struct ReconcilerParts {
  World* world = nullptr;
  Observations* observations = nullptr;
  net::Transport* transport = nullptr;  // to the API server
  telemetry::Telemetry* telemetry = nullptr;
  Decide decide;
  core::Extensions extensions;
  core::Settings settings;
};

struct ReconcileInput {
  Key key;
  Trigger trigger = Trigger::kChild;
  base::Time now;
  base::MonoTime mono;
  std::stop_token stop;
};

struct ReconcileReport {
  Outcome outcome;
  Regarding regarding;                             // the object, for events
  ProbeOwner owner;                                // the same, for probes
  std::optional<std::vector<core::Probe>> probes;  // nullopt: no decision was taken
  std::vector<core::EventNote> events;
  std::vector<Watched> relist;  // caches that stayed behind for too long (RT-51)
  bool gone = false;            // there is no such object: forget the key everywhere
  std::string error;            // one line for the log; empty: nothing failed
};

// "success", "error", "requeue", "requeue_after": the label `result` (UX-80).
std::string_view result_label(const Outcome& outcome);

class Reconciler {
 public:
  // The parts must outlive it; all of them must be set.
  explicit Reconciler(ReconcilerParts parts);

  ReconcileReport reconcile(const ReconcileInput& input);

  // RT-48: the key is in quarantine; the only write it gets is this condition
  // Stalled/InternalError, fenced like every status write. `what` is the exception's text or our
  // request the server called malformed. False: it could not be written; nobody tries again.
  bool report_internal_error(const ReconcileInput& input, std::string_view what);

 private:
  // nullopt: the caches show everything we wrote, a decision may be taken.
  std::optional<ReconcileReport> wait_for_caches(const ReconcileInput& input);
  core::Plan decide(Picture& picture, const ReconcileInput& input);
  void finish(const ReconcileInput& input, const Executed& executed, ReconcileReport& report);

  ReconcilerParts parts_;
  Executor executor_;
};

}  // namespace kaizen::reconcile

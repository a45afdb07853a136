#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/text.h"
#include "base/time.h"
#include "core/plan.h"
#include "drive/guard_internal.h"
#include "drive/worker_internal.h"
#include "reconcile/decided.h"
#include "reconcile/key.h"
#include "reconcile/kinds.h"
#include "reconcile/queue.h"
#include "reconcile/reconciler.h"
#include "reconcile/wake.h"
#include "telemetry/names.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

namespace {

double seconds(base::Duration span) {
  return std::chrono::duration<double>(span).count();
}

bool is_terminal(reconcile::Ending ending) {
  switch (ending) {
    case reconcile::Ending::kBlocked:
    case reconcile::Ending::kOurBug: return true;
    case reconcile::Ending::kSettled:
    case reconcile::Ending::kWaits:
    case reconcile::Ending::kAgain:
    case reconcile::Ending::kConflict:
    case reconcile::Ending::kRetry:
    case reconcile::Ending::kException: return false;
  }
  return false;
}

std::string_view kind_of(const reconcile::Key& key) {
  return reconcile::watched(key.kind).kind.resource.kind;
}

std::string_view controller_of(const reconcile::Key& key) {
  return reconcile::decided(key.kind).controller;
}

}  // namespace

void Worker::run() {
  while (const std::optional<reconcile::Taken> taken = parts_.queue->take(beat_)) decide(*taken);
  beat_.rest();
}

void Worker::decide(const reconcile::Taken& taken) {
  const base::MonoTime started = parts_.clock->mono();
  const reconcile::ReconcileInput input{.key = taken.key,
                                        .trigger = taken.trigger,
                                        .now = parts_.clock->now(),
                                        .mono = started,
                                        .stop = parts_.stop};
  reconcile::ReconcileReport report;
  const std::optional<std::string> escaped =
      run_guarded([&] { report = parts_.reconciler->reconcile(input); });
  if (escaped) {
    report = {};
    report.outcome.ending = reconcile::Ending::kException;
    report.error = *escaped;
    parts_.telemetry->count(telemetry::kReconcilePanics, {controller_of(taken.key)});
  }
  pass_on(report);
  tell(taken, report, parts_.clock->mono() - started);
  finish(input, report);
}

// What the decision wants of the other machines.
void Worker::pass_on(const reconcile::ReconcileReport& report) {
  if (report.probes) parts_.probes->plan(report.owner, *report.probes);
  parts_.events->record(report.regarding, report.events);
  for (const reconcile::Watched kind : report.relist) parts_.relist(kind);
}

// Gives the key back. In quarantine the key gets one last write, the condition that says so.
void Worker::finish(const reconcile::ReconcileInput& input,
                    const reconcile::ReconcileReport& report) {
  if (report.gone) parts_.probes->forget(input.key);
  if (report.gone) parts_.observations->forget(input.key);
  const reconcile::Done done = parts_.queue->done(input.key, report.outcome, report.gone);
  parts_.telemetry->observe(telemetry::kQueueWorkSeconds, {kQueueName, kQueueName},
                            seconds(done.worked));
  if (!done.quarantined) return;
  parts_.telemetry->log({.level = telemetry::Level::kError,
                         .msg = "object is in quarantine until its spec changes",
                         .kind = kind_of(input.key),
                         .ns = input.key.object.ns,
                         .name = input.key.object.name,
                         .fields = {{"error", report.error}}});
  bool told = false;
  const std::optional<std::string> escaped =
      run_guarded([&] { told = parts_.reconciler->report_internal_error(input, report.error); });
  parts_.queue->last_write_done();
  if (told) return;
  parts_.telemetry->log({.level = telemetry::Level::kWarn,
                         .msg = "quarantine is not shown in the object's status",
                         .kind = kind_of(input.key),
                         .ns = input.key.object.ns,
                         .name = input.key.object.name,
                         .fields = {{"error", escaped.value_or("the write failed")}}});
}

void Worker::tell(const reconcile::Taken& taken,
                  const reconcile::ReconcileReport& report,
                  base::Duration took) {
  telemetry::Telemetry& telemetry = *parts_.telemetry;
  const std::string_view result = reconcile::result_label(report.outcome);
  const std::string_view controller = controller_of(taken.key);
  telemetry.observe(telemetry::kQueueWaitSeconds, {kQueueName, kQueueName}, seconds(taken.waited));
  telemetry.observe(telemetry::kReconcileSeconds, {controller}, seconds(took));
  telemetry.count(telemetry::kReconcileTotal, {controller, result});
  telemetry.count(telemetry::kReconciles,
                  {kind_of(taken.key), result, reconcile::to_string(taken.trigger)});
  if (result == "error") telemetry.count(telemetry::kReconcileErrors, {controller});
  if (is_terminal(report.outcome.ending)) {
    telemetry.count(telemetry::kTerminalReconcileErrors, {controller});
  }
  if (report.error.empty()) return;
  // Losing a race is everyday: the key is decided again at once.
  const bool everyday = report.outcome.ending == reconcile::Ending::kConflict;
  telemetry.log({.level = everyday ? telemetry::Level::kDebug : telemetry::Level::kWarn,
                 .msg = "reconcile failed",
                 .kind = kind_of(taken.key),
                 .ns = taken.key.object.ns,
                 .name = taken.key.object.name,
                 .fields = {{"error", report.error},
                            {"trigger", reconcile::to_string(taken.trigger)},
                            {"result", result}}});
}

}  // namespace kaizen::drive
